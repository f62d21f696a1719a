import { html, nothing, type TemplateResult } from 'lit';
import type { Answer } from '../../parts/answer.ts';
import { common } from '../../texts/common.ts';

/** What the bridge answers, once it does; says so if the last attempt failed. */
export function answered<T>(
  { value, problem }: Answer<T>,
  content: (value: T) => TemplateResult,
): TemplateResult {
  return html`<div role="alert">
      ${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}
    </div>
    ${
      value === null
        ? html`<p class="soft ${problem === null ? 'loading' : ''}">
            ${problem === null ? common.loading : ''}
          </p>`
        : content(value)
    }`;
}
