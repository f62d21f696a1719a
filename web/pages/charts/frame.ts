import { html, nothing, type TemplateResult } from 'lit';
import './chart.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/charts.ts';
import type { Drawing } from './configuration.ts';

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
  table,
  note,
}: Frame): TemplateResult {
  const isEmpty = drawing !== null && (drawing.labels.length === 0 || drawing.series.length === 0);
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
    ${note === undefined ? nothing : html`<p class="hint">${note}</p>`}
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

export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly chosen: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly choose: (value: string) => void;
}

/** One choice beside a chart. */
export function choice({ id, label, chosen, options, choose }: Choice): TemplateResult {
  return html`<div class="choice">
    <label for=${id}>${label}</label>
    <select
      id=${id}
      @change=${({ target }: Event) => {
        if (target instanceof HTMLSelectElement) choose(target.value);
      }}
    >
      ${options.map(
        ([value, name]) => html`<option value=${value} .selected=${value === chosen}>${name}</option>`,
      )}
    </select>
  </div>`;
}
