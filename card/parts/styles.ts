import { css } from '../card-element.ts';

/** What the cards and the dialog have in common, in the colours and sizes of the theme. */
export const shared = css`
  h2,
  p,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  h2 {
    flex: 1;
    font-size: var(--ha-font-size-l, 16px);
    font-weight: var(--ha-font-weight-medium, 500);
  }
  button {
    border: 0;
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  :disabled {
    opacity: 0.5;
  }
  .act {
    flex: 1;
    padding: 0 12px;
    min-block-size: 40px;
    border-radius: var(--ha-border-radius-md, 8px);
    background: color-mix(in srgb, var(--feature-color, var(--primary-color)) 20%, transparent);
    color: var(--primary-text-color);
  }
  input,
  select {
    flex: 1 1 120px;
    min-inline-size: 0;
    min-block-size: 40px;
    padding: 0 8px;
    border: 1px solid var(--secondary-text-color);
    border-radius: var(--ha-border-radius-md, 8px);
    background: var(--card-background-color);
    color: inherit;
    font: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--primary-color);
  }
  .moves {
    display: flex;
    gap: 8px;
  }
  .soft {
    color: var(--secondary-text-color);
    font-size: var(--ha-font-size-s, 12px);
    overflow-wrap: anywhere;
  }
  .amount {
    white-space: nowrap;
    unicode-bidi: isolate;
  }
  .note {
    padding: 8px 12px;
    border-inline-start: 4px solid var(--warning-color);
    overflow-wrap: anywhere;
  }
  .refused {
    border-color: var(--error-color);
  }
  .moving {
    border-color: var(--primary-color);
  }
`;
