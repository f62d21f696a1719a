import './rails.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import '../../parts/form.ts';
import { rails, setRails, type Limits, type Rails, type RailSet } from '../../api/moves.ts';
import type { Pot } from '../../api/contract.ts';
import { count } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import type { Submit } from '../../parts/form.ts';
import { stranger } from '../../parts/stranger.ts';
import { texts as moves } from '../../texts/moves.ts';

const texts = moves.rails;
const kinds = [
  ['per_move', texts.perMove],
  ['per_day', texts.perDay],
  ['floor', texts.floor],
] as const satisfies readonly (readonly [keyof RailSet, string])[];

/** The limits that every move of money stays inside, to be read and set. */
export class RailsCard extends LitElement {
  static override properties = { page: { attribute: false }, saved: { state: true } };
  declare page: Page;
  declare saved: boolean;

  readonly #answer = answerFor(this, {
    args: () => [] as const,
    ask: (_args, signal) => rails(this.page.call, signal),
  });

  constructor() {
    super();
    this.saved = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#answer;
    return html`<section class="card" aria-labelledby="rails">
      <h2 id="rails">${texts.heading}</h2>
      <p class="soft">${texts.intro}</p>
      <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
      ${value === null ? nothing : this.#form(value)}
      <div role="status">${this.saved ? html`<p class="notice good">${texts.saved}</p>` : nothing}</div>
    </section>`;
  }

  #form(current: Rails): TemplateResult {
    const submit: Submit = async (read) => {
      this.saved = false;
      const { pots } = this.page.knowledge;
      await setRails(this.page.call, { ...changesIn(current, read), pots: potsIn(current, pots, read) });
      this.saved = true;
      this.#answer.again();
    };
    return html`<mb-form .fields=${this.#fields(current)} .label=${texts.save} .submit=${submit}></mb-form>`;
  }

  #fields(current: Rails): TemplateResult {
    const { pots } = this.page.knowledge;
    const own = Object.keys(current.accounts).length;
    return html`<p class="hint">${texts.amountsHint}</p>
      <div class="limits">
        ${kinds.map(
          ([kind, label]) =>
            html`<fieldset>
              <legend>${label}</legend>
              ${currenciesOf(current[kind]).map((currency) => limitField(kind, currency, current[kind]))}
            </fieldset>`,
        )}
      </div>
      <div class="field">
        <label for="cooldown">${texts.cooldown}</label>
        <input
          id="cooldown"
          name="cooldown"
          inputmode="numeric"
          required
          .value=${String(current.cooldown_seconds)}
        />
      </div>
      ${potFields(current.pots, pots)}
      <label class="check"
        ><input
          type="checkbox"
          name="dry-run"
          value="yes"
          .checked=${current.dry_run}
        />${texts.dryRun}</label
      >
      ${own === 0 ? nothing : html`<p class="hint">${texts.accounts(count(own))}</p>`}`;
  }
}

function limitField(kind: keyof RailSet, currency: string, limits: Limits): TemplateResult {
  const name = `${kind}-${currency}`;
  return html`<div class="field">
    <label for=${name}>${nameOf(currency, limits)}</label>
    <input id=${name} name=${name} inputmode="decimal" autocomplete="off" .value=${limits[currency] ?? ''} />
  </div>`;
}

function potFields(allowed: Rails['pots'], pots: readonly Pot[]): TemplateResult {
  return html`<fieldset>
    <legend>${texts.pots}</legend>
    <label class="check">
      <input type="checkbox" name="all-pots" value="yes" .checked=${allowed === null} />${texts.allPots}
    </label>
    <p class="hint">${texts.somePots}</p>
    ${pots.map(
      ({ id, name }) =>
        html`<label class="check"
          ><input
            type="checkbox"
            name=${`pot ${id}`}
            value="yes"
            .checked=${allowed?.includes(id) ?? false}
          />${stranger(name)}</label
        >`,
    )}
  </fieldset>`;
}

function nameOf(currency: string, limits: Limits): string {
  if (currency !== '*') return currency;
  return Object.keys(limits).length > 1 ? texts.otherCurrencies : texts.everyCurrency;
}

/** What is named, and last what holds for every other one. */
function currenciesOf(limits: Limits): readonly string[] {
  return [...Object.keys(limits).filter((currency) => currency !== '*'), '*'];
}

function changesIn(current: Rails, read: (name: string) => string): Partial<Rails> {
  const limitsOf = (kind: keyof RailSet): Limits =>
    Object.fromEntries(
      currenciesOf(current[kind]).flatMap((currency) => {
        const amount = read(`${kind}-${currency}`);
        return amount === '' ? [] : [[currency, amount]];
      }),
    );
  return {
    per_move: limitsOf('per_move'),
    per_day: limitsOf('per_day'),
    floor: limitsOf('floor'),
    cooldown_seconds: Number(read('cooldown')),
    dry_run: read('dry-run') === 'yes',
  };
}

/** Null for all; pots that are allowed and not in sight at the moment stay allowed. */
function potsIn(
  current: Rails,
  known: readonly Pot[],
  read: (name: string) => string,
): readonly string[] | null {
  if (read('all-pots') === 'yes') return null;
  const unseen = (current.pots ?? []).filter((id) => known.every((pot) => pot.id !== id));
  return [...known.filter(({ id }) => read(`pot ${id}`) === 'yes').map(({ id }) => id), ...unseen];
}

customElements.define('mb-rails', RailsCard);
