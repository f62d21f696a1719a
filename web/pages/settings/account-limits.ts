import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Account } from '../../api/contract.ts';
import type { Rails, RailSet } from '../../api/moves.ts';
import { nameIn, type Knowledge } from '../../store.ts';
import { texts as moves } from '../../texts/moves.ts';
import { currenciesOf, kinds, limitField, limitsIn, type LimitField } from './limits.ts';

const texts = moves.rails.own;

type Accounts = Rails['accounts'];

/** Accounts whose limits are about to be added or removed; applied when saved. */
export interface OwnDraft {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export const noDraft: OwnDraft = { added: [], removed: [] };

export interface OwnLimits extends Pick<Knowledge, 'accounts' | 'pots' | 'former'> {
  readonly stored: Accounts;
  readonly draft: OwnDraft;
  /** Changes the draft, and moves the focus to the element with this id. */
  readonly change: (draft: OwnDraft, focus: string) => void;
}

/** The limits of single accounts, and a button to add more. */
export function ownLimits(own: OwnLimits): TemplateResult {
  const { stored, accounts, draft } = own;
  const shown = [...Object.keys(stored), ...draft.added.filter((id) => !Object.hasOwn(stored, id))];
  const others = accounts.filter(({ id }) => !shown.includes(id));
  return html`<fieldset class="own-limits">
    <legend>${texts.heading}</legend>
    <p class="hint">${texts.hint}</p>
    ${repeat(
      shown,
      (id) => id,
      (id) => (draft.removed.includes(id) ? leaving(own, id) : ofAccount(own, id)),
    )}
    ${others.length === 0 ? nothing : adding(own, others)}
  </fieldset>`;
}

/** The limits of single accounts in the form. A removed account has no fields; one without limits is left out. */
export function ownLimitsIn(
  { stored, accounts, draft }: Pick<OwnLimits, 'stored' | 'accounts' | 'draft'>,
  read: (name: string) => string,
): Accounts {
  const setOf = (id: string): Partial<RailSet> =>
    Object.fromEntries(
      kinds
        .map((kind) => [kind, limitsIn(fieldsOf({ stored, accounts }, id, kind), read)] as const)
        .filter(([, limits]) => Object.keys(limits).length > 0),
    );
  const sets = [...Object.keys(stored), ...draft.added].map((id) => [id, setOf(id)] as const);
  return Object.fromEntries(sets.filter(([, set]) => Object.keys(set).length > 0));
}

function ofAccount(own: OwnLimits, id: string): TemplateResult {
  const name = nameOf(own, id);
  const take = () => {
    const { stored, draft, change } = own;
    const added = draft.added.filter((one) => one !== id);
    if (Object.hasOwn(stored, id)) change({ added, removed: [...draft.removed, id] }, `keep-${id}`);
    else change({ ...draft, added }, 'limit-account');
  };
  return html`<fieldset class="own" id="own-${id}">
    <legend>${name}</legend>
    <div class="limits">
      ${kinds.map((kind) =>
        fieldsOf(own, id, kind).map((field) =>
          limitField(field, labelOf(field), own.stored[id]?.[kind] ?? {}),
        ),
      )}
    </div>
    <button type="button" class="quiet small" aria-label=${texts.removeOf(name)} @click=${take}>
      ${texts.remove}
    </button>
  </fieldset>`;
}

function leaving(own: OwnLimits, id: string): TemplateResult {
  const name = nameOf(own, id);
  const keep = () => {
    const removed = own.draft.removed.filter((one) => one !== id);
    own.change({ ...own.draft, removed }, `own-${id}`);
  };
  return html`<div class="notice calm own">
    <p>${texts.leaving(name)}</p>
    <button type="button" class="quiet small" id="keep-${id}" aria-label=${texts.keepOf(name)} @click=${keep}>
      ${texts.keep}
    </button>
  </div>`;
}

function adding({ draft, change }: OwnLimits, others: readonly Account[]): TemplateResult {
  const add = ({ currentTarget }: Event) => {
    const form = currentTarget instanceof HTMLButtonElement ? currentTarget.form : null;
    const select = form?.elements.namedItem('limit-account');
    if (!(select instanceof HTMLSelectElement)) return;
    change({ ...draft, added: [...draft.added, select.value] }, `own-${select.value}`);
  };
  return html`<div class="own-add">
    <div class="field">
      <label for="limit-account">${texts.account}</label>
      <select id="limit-account" name="limit-account">
        ${others.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
      </select>
    </div>
    <button type="button" class="quiet" @click=${add}>${texts.add}</button>
  </div>`;
}

/** The limits that are set, or else one amount in the account's currency. */
function fieldsOf(
  { stored, accounts }: Pick<OwnLimits, 'stored' | 'accounts'>,
  account: string,
  kind: keyof RailSet,
): readonly LimitField[] {
  const set = currenciesOf(stored[account]?.[kind] ?? {});
  const own = accounts.find(({ id }) => id === account)?.currency ?? '*';
  return (set.length === 0 ? [own] : set).map((currency) => ({ account, kind, currency }));
}

function labelOf({ kind, currency }: LimitField): string {
  return currency === '*' ? texts.anyCurrency[kind] : texts.kinds[kind](currency);
}

function nameOf(own: OwnLimits, account: string): string {
  return nameIn(own, account) ?? texts.unknown;
}
