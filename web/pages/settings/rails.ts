import './rails.css';
import { html, LitElement, type TemplateResult } from 'lit';
import { WrongField } from '../../api/client.ts';
import { rails, setRails, type Limits, type Rails, type RailSet } from '../../api/moves.ts';
import type { Pot } from '../../api/contract.ts';
import { written } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import '../../parts/form.ts';
import type { Form, Submit } from '../../parts/form.ts';
import { stranger } from '../../parts/stranger.ts';
import { texts as moves } from '../../texts/moves.ts';
import { noDraft, ownLimits, ownLimitsIn, type OwnDraft } from './account-limits.ts';
import { formCard } from './form-card.ts';
import { currenciesOf, kinds, limitField, limitsIn, type LimitField } from './limits.ts';

const texts = moves.rails;
const legends: Readonly<Record<keyof RailSet, string>> = {
  per_move: texts.perMove,
  per_day: texts.perDay,
  floor: texts.floor,
};

/** Shows and sets the limits for money moves. */
export class RailsCard extends LitElement {
  static override properties = {
    page: { attribute: false },
    saved: { state: true },
    draft: { state: true },
  };
  declare page: Page;
  declare saved: boolean;
  declare draft: OwnDraft;

  readonly #answer = answerFor(this, {
    args: () => [] as const,
    ask: async (_args, signal) => {
      const answer = await rails(this.page.call, signal);
      this.draft = noDraft;
      return answer;
    },
  });

  constructor() {
    super();
    this.saved = false;
    this.draft = noDraft;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#answer, (limits) =>
      formCard({
        form: this.#form(limits),
        saved: this.saved ? texts.saved : null,
        onEdit: () => this.#touched(),
      }),
    );
  }

  /** Hides the confirmation once something is edited. */
  #touched(): void {
    this.saved = false;
  }

  #form(current: Rails): TemplateResult {
    const submit: Submit = async (read) => {
      this.#touched();
      const changes = changesIn(current, this.#typed(current, read));
      if (Object.keys(changes).length > 0) await setRails(this.page.call, changes);
      this.saved = true;
      this.#answer.again();
    };
    return html`<mb-form .fields=${this.#fields(current)} .label=${texts.save} .submit=${submit}></mb-form>`;
  }

  #fields(current: Rails): TemplateResult {
    const { pots, accounts, former } = this.page.knowledge;
    return html`<p class="hint">${texts.amountsHint(written(1_250, 2))}</p>
      <div class="limits">
        ${kinds.map(
          (kind) =>
            html`<fieldset aria-describedby="protects-${kind}">
              <legend>${legends[kind]}</legend>
              <p class="hint" id="protects-${kind}">${texts.protects[kind]}</p>
              ${fieldsFor(kind, current).map((field) => limitField(field, labelOf(field, current[kind]), current[kind]))}
            </fieldset>`,
        )}
      </div>
      ${ownLimits({
        stored: current.accounts,
        accounts,
        pots,
        former,
        draft: this.draft,
        change: (draft, focus) => void this.#redraw(draft, focus),
      })}
      <div class="field few">
        <label for="cooldown">${texts.cooldown}</label>
        <input
          id="cooldown"
          name="cooldown"
          inputmode="numeric"
          autocomplete="off"
          aria-describedby="protects-cooldown"
          required
          .value=${String(current.cooldown_seconds)}
        />
        <p class="hint" id="protects-cooldown">${texts.protects.cooldown}</p>
      </div>
      ${potFields(current.pots, pots)}
      <label class="check"
        ><input
          type="checkbox"
          name="dry-run"
          aria-describedby="protects-dry-run"
          value="yes"
          .checked=${current.dry_run}
        />${texts.dryRun}</label
      >
      <p class="hint" id="protects-dry-run">${texts.protects.dryRun}</p>`;
  }

  async #redraw(draft: OwnDraft, focus: string): Promise<void> {
    this.#touched();
    this.draft = draft;
    await this.updateComplete;
    // The form renders its fields in its own update.
    await this.querySelector<Form>('mb-form')?.updateComplete;
    const place = document.getElementById(focus);
    (place?.querySelector('input') ?? place)?.focus();
  }

  #typed(current: Rails, read: (name: string) => string): Rails {
    const { pots, accounts } = this.page.knowledge;
    const limits = (kind: keyof RailSet) => limitsIn(fieldsFor(kind, current), read);
    return {
      per_move: limits('per_move'),
      per_day: limits('per_day'),
      floor: limits('floor'),
      accounts: ownLimitsIn({ stored: current.accounts, accounts, draft: this.draft }, read),
      pots: potsIn(current, pots, read),
      cooldown_seconds: secondsIn(read('cooldown')),
      dry_run: read('dry-run') === 'yes',
    };
  }
}

/** There is always a field for all other currencies. */
function fieldsFor(kind: keyof RailSet, current: Rails): readonly LimitField[] {
  return currenciesOf({ '*': '', ...current[kind] }).map((currency) => ({ account: null, kind, currency }));
}

function labelOf({ currency }: LimitField, limits: Limits): string {
  if (currency !== '*') return currency;
  return currenciesOf(limits).some((one) => one !== '*') ? texts.otherCurrencies : texts.everyCurrency;
}

function potFields(allowed: Rails['pots'], pots: readonly Pot[]): TemplateResult {
  return html`<fieldset class="pots-allowed" aria-describedby="protects-pots">
    <legend>${texts.pots}</legend>
    <p class="hint" id="protects-pots">${texts.protects.pots}</p>
    ${(['all', 'some'] as const).map(
      (which) =>
        html`<label class="check">
          <input
            type="radio"
            name="pots"
            value=${which}
            .checked=${(allowed === null) === (which === 'all')}
          />${which === 'all' ? texts.allPots : texts.somePots}
        </label>`,
    )}
    <div class="allowed">
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
    </div>
  </fieldset>`;
}

/** Only what changed, so that other people's changes stay, and the audit shows what was changed. */
function changesIn(current: Rails, typed: Rails): Partial<Rails> {
  const isNew = ([key, value]: readonly [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(current[key as keyof Rails]);
  return Object.fromEntries(Object.entries(typed).filter(isNew));
}

function secondsIn(written: string): number {
  if (!/^\d{1,5}$/.test(written)) throw new WrongField('cooldown', texts.wrongSeconds);
  return Number(written);
}

/** Null for all pots; allowed pots that are not shown stay allowed. */
function potsIn(
  current: Rails,
  known: readonly Pot[],
  read: (name: string) => string,
): readonly string[] | null {
  if (read('pots') === 'all') return null;
  const unseen = (current.pots ?? []).filter((id) => known.every((pot) => pot.id !== id));
  return [...known.filter(({ id }) => read(`pot ${id}`) === 'yes').map(({ id }) => id), ...unseen];
}

customElements.define('mb-rails', RailsCard);
