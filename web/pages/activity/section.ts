import { html, nothing, type TemplateResult } from 'lit';
import type { Answer } from '../../parts/answer.ts';
import { common } from '../../texts/common.ts';

export interface AnsweredSection<T> {
  readonly id: string;
  readonly heading: string;
  readonly answer: Answer<T>;
  /** Content beside the heading. */
  readonly beside?: TemplateResult;
  /** Renders the bridge's answer; called once there is one. */
  readonly content: (value: T) => TemplateResult;
}

/** A section that loads an answer of the bridge, and says so if the last attempt failed. */
export function answeredSection<T>({
  id,
  heading,
  answer,
  beside,
  content,
}: AnsweredSection<T>): TemplateResult {
  const { value, problem } = answer;
  return html`<section aria-labelledby=${id}>
    ${
      beside === undefined
        ? html`<h2 id=${id}>${heading}</h2>`
        : html`<div class="beside under">
            <h2 id=${id}>${heading}</h2>
            ${beside}
          </div>`
    }
    <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
    ${
      value === null
        ? html`<p class="soft ${problem === null ? 'loading' : ''}">
            ${problem === null ? common.loading : ''}
          </p>`
        : content(value)
    }
  </section>`;
}
