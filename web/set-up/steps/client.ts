import { html, nothing, type TemplateResult } from 'lit';
import '../../parts/copy.ts';
import type { Redirect } from '../../api/contract.ts';
import { clientForm, product } from '../../names.ts';
import type { Page } from '../../page.ts';
import { heading, outside } from '../../parts/heading.ts';
import { texts } from '../../texts/set-up.ts';

export interface Choice {
  readonly chosen: Redirect | null;
  readonly choose: (redirect: Redirect) => void;
}

/** The first step: the client at Monzo, field by field. */
export function clientStep({ knowledge, go }: Page, choice: Choice): TemplateResult {
  const { client } = texts;
  const next = () => go({ kind: 'add', step: 'credentials' });
  const developerUrl = knowledge.setup?.developer_url ?? '';
  return html`${heading(client.heading)}
    <p>${client.intro}</p>
    ${redirectChoice(knowledge.setup?.redirects ?? [], choice)}
    <p>${outside(developerUrl, client.open, 'quiet')}</p>
    <p>${client.openHint}</p>
    <dl class="values">
      ${value({ name: clientForm.name, content: product })}
      ${row(clientForm.logo, html`<span class="soft">${client.logoValue}</span>`)}
      ${value({ name: clientForm.redirect, content: choice.chosen?.redirect_uri ?? '', hint: client.redirectHint })}
      ${value({ name: clientForm.description, content: client.descriptionValue })}
      ${row(
        clientForm.confidentiality,
        html`<strong>${clientForm.confidential}</strong>
          <p class="notice warn">${client.confidentialityHint}</p>`,
      )}
    </dl>
    <div class="buttons"><button type="button" class="main" @click=${next}>${client.submit}</button></div>`;
}

function redirectChoice(redirects: readonly Redirect[], { chosen, choose }: Choice) {
  if (redirects.length < 2) return nothing;
  const options = redirects.map(
    (redirect, index) =>
      html`<label class="option">
        <input
          type="radio"
          name="redirect"
          .checked=${redirect === chosen}
          aria-describedby="redirect-${index}"
          @change=${() => choose(redirect)}
        />
        <span>${texts.client.redirects[redirect.kind]}</span>
        <span class="hint" id="redirect-${index}">${redirect.sentence}</span>
      </label>`,
  );
  return html`<fieldset>
    <legend>${texts.client.choose}</legend>
    ${options}
  </fieldset>`;
}

interface Value {
  readonly name: string;
  readonly content: string;
  readonly hint?: string;
}

function value({ name, content, hint }: Value): TemplateResult {
  const copy = html`<mb-copy .value=${content} .what=${name}></mb-copy>`;
  const shown = html`<code>${content}</code>${copy}`;
  return row(
    name,
    hint === undefined
      ? shown
      : html`${shown}
          <p class="hint">${hint}</p>`,
  );
}

function row(name: string, content: TemplateResult): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${content}</dd>
  </div>`;
}
