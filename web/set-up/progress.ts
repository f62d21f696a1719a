import { html, type TemplateResult } from 'lit';
import { steps, type Step } from './place.ts';
import { texts } from '../texts/set-up.ts';

/** The current step of the set-up. */
export function progress(current: Step): TemplateResult {
  const position = steps.indexOf(current);
  const { words, label, finished } = texts.steps;
  const items = steps.map((step, index) => {
    const state = index < position ? 'finished' : index === position ? 'current' : 'ahead';
    return html`<li class=${state} aria-current=${state === 'current' ? 'step' : 'false'}>
      <span>${words[step]}</span>
      ${state === 'finished' ? html`<span class="heard">${finished}</span>` : ''}
    </li>`;
  });
  return html`<div class="progress">
    <p>${texts.steps.position(position + 1, steps.length)}</p>
    <ol aria-label=${label}>
      ${items}
    </ol>
  </div>`;
}
