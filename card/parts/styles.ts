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
  h2,
  .act {
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
    background: var(--ha-card-background, var(--card-background-color));
    color: inherit;
    font: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--primary-color);
  }
  .moves,
  header {
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
    font-variant-numeric: tabular-nums;
    unicode-bidi: isolate;
  }
  .note {
    padding: 8px 12px;
    border-inline-start: 4px solid var(--tone, var(--warning-color));
    overflow-wrap: anywhere;
  }
  .refused {
    --tone: var(--error-color);
  }
  .moving {
    --tone: var(--primary-color);
  }
`;

/** A card with a heading; with a fixed height its content scrolls. */
export const cardStyles =
  shared +
  css`
    ha-card {
      display: flex;
      flex-direction: column;
      block-size: 100%;
      overflow: hidden;
    }
    header,
    .filters {
      padding: 12px 16px 0;
    }
    h2 {
      flex: 1;
      font-size: var(--ha-font-size-l, 16px);
    }
    .content {
      flex: 1;
      overflow: auto;
      padding: 8px 16px;
    }
    li {
      display: grid;
      grid-template-columns: 1fr auto;
      gap: 4px 12px;
      align-items: center;
      padding-block: 8px;
    }
    li + li {
      border-block-start: 1px solid var(--divider-color);
    }
  `;
