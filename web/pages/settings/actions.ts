import './actions.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import '../../parts/copy.ts';
import {
  allowReading,
  decideActions,
  readActions,
  type Action,
  type Actions,
  type ActionsDecision,
  type ActionState,
} from '../../api/home-assistant.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import { deedsFor } from '../../parts/deeds.ts';
import { noAccess, texts } from '../../texts/home-assistant.ts';
import { placeWords } from '../../texts/places.ts';
import { areWanted } from './states.ts';

const replaceable: ReadonlySet<ActionState> = new Set(['edited', 'edited_outdated', 'other_bridge']);
const tones: Readonly<Partial<Record<ActionState, 'good' | 'warn'>>> = {
  current: 'good',
  edited_outdated: 'warn',
  foreign: 'warn',
  other_bridge: 'warn',
  not_loaded: 'warn',
};

/** Lets a person create the actions in Home Assistant, decline, or copy them by hand. */
export class HomeAssistantActions extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;
  readonly #actions = answerFor(this, {
    args: () => [],
    ask: (_args, signal) => readActions(this.page.call, signal),
  });
  readonly #deeds = deedsFor(this, () => this.#actions.again());

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#actions, (actions) => this.#content(actions));
  }

  #content(actions: Actions): TemplateResult {
    const { connection, setting, decision, sentence } = actions;
    if (connection === 'none') return html`<p class="notice calm">${noAccess.whole}</p>`;
    const isWanted = areWanted(actions);
    return html`<article class="card">
      ${isWanted ? nothing : html`<p>${explanation(actions)}</p>`}
      ${connection === 'away' ? html`<p class="notice warn">${texts.away}</p>` : nothing}
      ${isNew(sentence, actions) ? html`<p class="notice warn">${sentence}</p>` : nothing}
      ${isWanted ? list(actions.actions) : nothing}
      ${isWanted || decision !== 'not_asked' || setting === 'off' ? this.#readers(actions) : nothing}
      <div class="buttons">${this.#buttons(actions, isWanted)}</div>
      ${isWanted ? nothing : byHand(actions)}
    </article>`;
  }

  #buttons({ setting, decision, actions }: Actions, isWanted: boolean) {
    const canReplace = isWanted && actions.some(({ state }) => replaceable.has(state));
    const replace = canReplace
      ? html`${this.#button(texts.replace, { decision: 'agree', replace: true })}
          <p class="hint">${texts.replaceHint}</p>`
      : nothing;
    if (setting !== 'ask') return replace;
    if (isWanted) return html`${replace} ${this.#button(texts.remove, { decision: 'decline' })}`;
    return html`${this.#button(texts.agree, { decision: 'agree' }, 'main')}
    ${decision === 'not_asked' ? this.#button(texts.decline, { decision: 'decline' }) : nothing}`;
  }

  #readers({ readers }: Actions): TemplateResult {
    return html`<label class="check"
        ><input
          type="checkbox"
          .checked=${readers === 'everyone'}
          @change=${({ currentTarget }: Event) => {
            const isOn = currentTarget instanceof HTMLInputElement && currentTarget.checked;
            this.#deeds.run(() => allowReading(this.page.call, isOn ? 'everyone' : 'administrators'));
          }}
        />${texts.readers}</label
      >
      <p class="hint">${texts.readersHint}</p>`;
  }

  #button(label: string, decision: ActionsDecision, kind: 'main' | 'quiet' = 'quiet'): TemplateResult {
    return this.#deeds.button({ label, kind, work: () => decideActions(this.page.call, decision) });
  }
}

function explanation({ setting, decision }: Actions): string {
  if (setting === 'off') return texts.off;
  return decision === 'declined' ? texts.declined : texts.ask;
}

/** A sentence shown at one action is not repeated above all of them. */
function isNew(sentence: string | null, { actions }: Actions): boolean {
  return sentence !== null && actions.every((action) => action.sentence !== sentence);
}

function list(actions: readonly Action[]): TemplateResult {
  return html`<ul class="actions" aria-label=${placeWords['settings/actions'].name}>
    ${actions.map(
      ({ name, description, state, sentence }) =>
        html`<li>
          <p>
            <code>${name}</code>
            <span class="state ${tones[state] ?? ''}">${texts.states[state]}</span>
          </p>
          <p class="soft">${sentence ?? description}</p>
        </li>`,
    )}
  </ul>`;
}

function byHand({ yaml }: Actions): TemplateResult {
  return html`<details>
    <summary>${texts.byHand}</summary>
    <p>${texts.byHandHint}</p>
    <mb-copy .value=${yaml} .what=${texts.yaml}></mb-copy>
    <pre class="yaml" tabindex="0"><code>${yaml}</code></pre>
  </details>`;
}

customElements.define('mb-home-assistant-actions', HomeAssistantActions);
