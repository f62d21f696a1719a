import { html, type TemplateResult } from 'lit';

export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly chosen: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly choose: (value: string) => void;
}

/** One choice among few, beside what it changes. */
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
