import { css } from '../card-element.ts';

/** A window in the middle of the page; on a phone as wide as that. */
export const dialogStyles = css`
  dialog {
    box-sizing: border-box;
    inline-size: min(440px, 100vi - 16px);
    padding: 20px;
    border: 0;
    border-radius: var(--ha-card-border-radius, 12px);
    background: var(--card-background-color);
    color: var(--primary-text-color);
    font-family: var(--ha-font-family-body);
    font-size: var(--ha-font-size-m, 14px);
  }
  ::backdrop {
    background: #0008;
  }
  form,
  label {
    display: grid;
    gap: 12px;
  }
  h2:focus-visible {
    outline: none;
  }
  tr > * {
    padding: 6px 0;
    padding-inline-start: 8px;
    border-block-end: 1px solid var(--divider-color);
    font-weight: inherit;
    text-align: end;
  }
  [scope='row'] {
    padding-inline-start: 0;
    text-align: start;
    overflow-wrap: anywhere;
  }
  .moves {
    flex-wrap: wrap;
  }
  .quiet {
    flex: 0 1 auto;
    background: none;
  }
`;
