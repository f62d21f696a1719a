import { html, nothing, type TemplateResult } from 'lit';
import './chart.ts';
import { tableOf, type Table } from '../../parts/table.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/charts.ts';
import { isBlank, type Drawing } from './configuration.ts';

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
    <div class="drawing">
      ${
        drawing === null
          ? html`<p class="soft">${problem === null ? common.loading : ''}</p>`
          : isEmpty
            ? html`<p class="soft">${empty ?? texts.none}</p>`
            : html`<mb-chart .drawing=${drawing}></mb-chart>`
      }
    </div>
    ${legend ?? nothing} ${note === undefined ? nothing : html`<p class="hint">${isEmpty ? '' : note}</p>`}
    ${folded(isEmpty ? null : table)}
  </section>`;
}

/** Keeps its place while there is nothing to fold. */
function folded(table: Table | null): TemplateResult {
  return html`<details class=${table === null ? 'to-come' : ''}>
    <summary>${texts.table}</summary>
    <div class="scroll" tabindex="0" role="group" aria-label=${texts.table}>
      ${table === null ? nothing : tableOf(table)}
    </div>
  </details>`;
}
