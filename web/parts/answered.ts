import { html, nothing, type TemplateResult } from 'lit';
import { common } from '../texts/common.ts';
import type { Answer } from './answer.ts';

/** What the bridge answers, once it does; says so if the last attempt failed. */
export function answered<T>(
  { value, problem }: Answer<T>,
  content: (value: T) => TemplateResult | typeof nothing,
): TemplateResult {
  const loading = problem === null ? html`<p class="soft loading">${common.loading}</p>` : nothing;
  return html`<div role="alert">
      ${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}
    </div>
    ${value === null ? loading : content(value)}`;
}
