import './rails.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { WrongField } from '../../api/client.ts';
import type { Account } from '../../api/contract.ts';
import {
  readOptionalEntities,
  setOptionalEntities,
  type OptionalEntities,
} from '../../api/home-assistant.ts';
import { here, typed, written as inRegion } from '../../format.ts';
import { withPoint } from '../../written-number.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import '../../parts/form.ts';
import type { Submit } from '../../parts/form.ts';
import { optionalTexts as texts } from '../../texts/home-assistant.ts';
import { formCard } from './form-card.ts';

/** Lets a person ask for the entities that Home Assistant does not have by itself. */
export class OptionalEntitiesCard extends LitElement {
  static override properties = { page: { attribute: false }, saved: { state: true } };
  declare page: Page;
  declare saved: boolean;

  readonly #answer = answerFor(this, {
    args: () => [] as const,
    ask: (_args, signal) => readOptionalEntities(this.page.call, signal),
  });

  constructor() {
    super();
    this.saved = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const card = (wanted: OptionalEntities) =>
      formCard({
        form: this.#form(wanted),
        saved: this.saved ? texts.saved : null,
        onEdit: () => {
          this.saved = false;
        },
      });
    return html`<section aria-labelledby="optional-entities">
      <h2 id="optional-entities">${texts.heading}</h2>
      ${answered(this.#answer, card)}
    </section>`;
  }

  #form(current: OptionalEntities): TemplateResult {
    const { accounts } = this.page.knowledge;
    const submit: Submit = async (read) => {
      this.saved = false;
      await setOptionalEntities(this.page.call, {
        low_balance: Object.fromEntries(accounts.map(({ id }) => [id, amountIn(id, read)])),
        feed_posts: read('feed-posts') === 'yes',
        ...(current.update_check === null ? {} : { update_check: read('update-check') === 'yes' }),
      });
      this.saved = true;
      this.#answer.again();
    };
    const fields = html`${thresholds(accounts, current)}
    ${check('feed-posts', current.feed_posts, [texts.feedPosts, texts.feedPostsHint])}
    ${
      current.update_check === null
        ? nothing
        : check('update-check', current.update_check, [texts.updateCheck, texts.updateCheckHint])
    }`;
    return html`<mb-form .fields=${fields} .label=${texts.save} .submit=${submit}></mb-form>`;
  }
}

const nameOf = (account: string) => `low-balance-${account}`;

function thresholds(accounts: readonly Account[], { low_balance: set }: OptionalEntities): TemplateResult {
  return html`<fieldset class="own">
    <legend>${texts.lowBalance}</legend>
    <p class="hint">${texts.lowBalanceHint(inRegion(500, 2))}</p>
    <div class="limits">
      ${accounts.map(
        ({ id, name, currency }) =>
          html`<div class="field">
            <label for=${nameOf(id)}>${texts.amountOf(name, currency)}</label>
            <input
              id=${nameOf(id)}
              name=${nameOf(id)}
              inputmode="decimal"
              autocomplete="off"
              .value=${typed(set[id] ?? '')}
            />
          </div>`,
      )}
    </div>
  </fieldset>`;
}

function check(name: string, isOn: boolean, [label, hint]: readonly [string, string]): TemplateResult {
  return html`<label class="check"
      ><input type="checkbox" name=${name} value="yes" .checked=${isOn} />${label}</label
    >
    <p class="hint">${hint}</p>`;
}

/** The amount as the decimal text that the bridge expects; null where the field is empty. Throws a `WrongField`. */
function amountIn(account: string, read: (name: string) => string): string | null {
  const name = nameOf(account);
  const written = read(name);
  if (written === '') return null;
  const amount = withPoint(written, here);
  if (!/^-?\d{1,12}(\.\d{1,4})?$/.test(amount))
    throw new WrongField(name, texts.wrongAmount(inRegion(1_250, 2)));
  return amount;
}

customElements.define('mb-optional-entities', OptionalEntitiesCard);
