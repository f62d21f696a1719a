import { html, nothing, type TemplateResult } from 'lit/html.js';

/** Rows of figures under their headings; the first cell of each row names it. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface TableOptions {
  readonly layout?: string;
  /** What screen readers say, where no heading of the page does. */
  readonly label?: string;
}

export function tableOf({ head, rows }: Table, { layout, label }: TableOptions = {}): TemplateResult {
  return html`<table class=${layout ?? nothing} aria-label=${label ?? nothing}>
    <thead>
      <tr>
        ${head.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([first, ...others]) =>
          html`<tr>
            <th scope="row">${first}</th>
            ${others.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
