import { html, nothing, type TemplateResult } from 'lit';
import type { Answer } from '../../parts/answer.ts';
import { common } from '../../texts/common.ts';

export interface AnsweredSection<T> {
  readonly id: string;
  readonly heading: string;
  readonly answer: Answer<T>;
  /** Draws what the bridge answered; called once there is an answer. */
  readonly content: (value: T) => TemplateResult;
}

/** A part of the page that waits for an answer of the bridge, and says so when the last try failed. */
export function answeredSection<T>({ id, heading, answer, content }: AnsweredSection<T>): TemplateResult {
  const { value, problem } = answer;
  return html`<section aria-labelledby=${id}>
    <h2 id=${id}>${heading}</h2>
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
