import { html, nothing, type TemplateResult } from 'lit';
import './chart.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/charts.ts';
import { isBlank, type Drawing } from './configuration.ts';

export interface Table {
  readonly head: readonly string[];
  /** The first cell of each row is its heading; the others are amounts or counts. */
  readonly rows: readonly (readonly unknown[])[];
}

export interface Frame {
  readonly id: string;
  readonly heading: string;
  readonly controls?: TemplateResult;
  readonly problem: string | null;
  /** Null while loading. */
  readonly drawing: Drawing | null;
  /** Shown instead of an empty chart. */
  readonly empty?: string;
  readonly table: Table | null;
  /** What the colours mean, where there are several. */
  readonly legend?: TemplateResult;
  /** A sentence below the chart; an empty one keeps the space. */
  readonly note?: string;
}

/** A chart with its heading, its choices, and the same figures as a table. */
export function frame({
  id,
  heading,
  controls,
  problem,
  drawing,
  empty,
  legend,
  table,
  note,
}: Frame): TemplateResult {
  const isEmpty = drawing !== null && isBlank(drawing);
  return html`<section class="card chart-card" aria-labelledby=${id}>
    <header>
      <h2 id=${id}>${heading}</h2>
      ${controls ?? nothing}
    </header>
    <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
    <div class="drawing ${drawing?.kind ?? ''}">
      ${
        drawing === null
          ? html`<p class="soft">${problem === null ? common.loading : ''}</p>`
          : isEmpty
            ? html`<p class="soft">${empty ?? texts.none}</p>`
            : html`<mb-chart .drawing=${drawing}></mb-chart>`
      }
    </div>
    ${legend === undefined || isEmpty ? nothing : legend}
    ${note === undefined ? nothing : html`<p class="hint">${isEmpty ? '' : note}</p>`}
    ${table === null || isEmpty ? nothing : tableOf(table)}
  </section>`;
}

function tableOf({ head, rows }: Table): TemplateResult {
  return html`<details>
    <summary>${texts.table}</summary>
    <div class="scroll" tabindex="0" role="group" aria-label=${texts.table}>
      <table>
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
      </table>
    </div>
  </details>`;
}
