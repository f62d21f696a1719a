import { insufficientPermissions } from './refusal.ts';
import { must } from './model.ts';
import type { Account, Model, Pot } from './model.ts';
import { balanceBehind } from './past-balances.ts';
import { firstFrom } from './transactions.ts';
import { bankDayStart, wireTime } from './wire-time.ts';

interface AccountTraits {
  /** The start of the generated description. */
  readonly prefix: string;
  readonly product: string;
  readonly icon: string | null;
  readonly hasBankDetails: boolean;
  readonly hasPots: boolean;
}

const current = { prefix: 'user', product: 'standard', hasBankDetails: true, hasPots: true };
const plain = { icon: null, hasBankDetails: false, hasPots: false };

const traits: Readonly<Record<string, AccountTraits>> = {
  uk_retail: { ...current, icon: 'personal' },
  uk_retail_joint: { ...current, icon: 'joint' },
  uk_business: { ...current, icon: 'business' },
  uk_monzo_flex: { ...plain, prefix: 'monzoflex', product: 'flex', icon: 'flex' },
  uk_monzo_flex_backing_loan: { ...plain, prefix: 'monzoflexbackingloan', product: 'loan' },
  uk_loan: { ...plain, prefix: 'loan', product: 'loan' },
  uk_rewards: { ...plain, prefix: 'rewardsoptin', product: 'rewards' },
  uk_prepaid: { ...plain, prefix: 'user', product: 'standard' },
};

const unknownType: AccountTraits = { ...plain, prefix: 'account', product: 'unknown' };

function bankDetails(account: Account): Record<string, unknown> {
  const numbers = { account_number: account.accountNumber, sort_code: '040004' };
  const iban = `GB33MONZ040004${account.accountNumber}`;
  const usage = 'Receive international payments in over 40 currencies. We charge a currency conversion fee.';
  return {
    ...numbers,
    payment_details: {
      locale_uk: numbers,
      iban: {
        unformatted: iban,
        formatted: iban.replace(/(.{4})(?=.)/g, '$1 '),
        bic: 'MONZGB2L',
        usage_description: `${usage} [Learn more...](monzo://backend_screen)`,
        usage_description_web: usage,
      },
    },
    monzo_branch_address_formatted: 'Monzo Bank, 1 Invented Street, London, United Kingdom',
  };
}

/** An account in the bank's format: bank details and image only for the types that have them. */
export function wireAccount(model: Model, account: Account): Record<string, unknown> {
  const trait = traits[account.type] ?? unknownType;
  return {
    id: account.id,
    closed: account.closed,
    created: wireTime(account.createdMs),
    description: `${trait.prefix}_${account.id.replace(/^acc_/, '')}`,
    type: account.type,
    owner_type: account.type === 'uk_loan' ? 'unknown' : 'personal',
    is_flex: account.type === 'uk_monzo_flex',
    product_type: trait.product,
    closed_account_app_access: false,
    currency: account.currency,
    legal_entity: 'monzo_uk',
    country_code: 'GB',
    country_code_alpha3: 'GBR',
    owners: account.ownerIds.map((id) => {
      const { name } = must(model.people, id);
      return { user_id: id, preferred_name: name, preferred_first_name: name.split(' ')[0] ?? name };
    }),
    ...(trait.hasBankDetails ? bankDetails(account) : {}),
    ...(trait.icon ? { assets: { image_url: `https://public-images.monzo.com/${trait.icon}@3x.png` } } : {}),
  };
}

/** The accounts a person owns, including closed and joint ones. */
export function accountsOf(model: Model, userId: string): readonly Account[] {
  return [...model.accounts.values()].filter((account) => account.ownerIds.includes(userId));
}

/** The amount spent since the bank last reset it, around 04:00 in London, in minor units: zero or negative. */
export function spendToday(model: Model, account: Account): number {
  const rows = model.statements.get(account.id) ?? [];
  let spent = 0;
  for (
    let place = firstFrom(rows, bankDayStart(model.now() - model.switches.spendResetLag));
    place < rows.length;
    place += 1
  ) {
    const row = rows[place];
    if (row?.inSpending) spent += row.amount;
  }
  // More refunds than spending count as zero, which is never written as -0.
  return Math.min(spent, 0) || 0;
}

/**
 * The answer to `/balance`, as the bank's reading side had it so long ago. The total includes the pots. Throws 403 for the
 * backing loan of Flex.
 */
export function wireBalance(model: Model, account: Account, behindMs = 0): Record<string, unknown> {
  if (account.type === 'uk_monzo_flex_backing_loan') throw insufficientPermissions();
  const held = (holder: Account | Pot) => balanceBehind(model, holder, behindMs + model.switches.balanceLag);
  const balance = held(account);
  let total = balance;
  for (const pot of model.pots.values()) if (pot.accountId === account.id) total += held(pot);
  const spent = spendToday(model, account);
  return {
    balance,
    total_balance: total,
    balance_including_flexible_savings: total,
    currency: account.currency,
    spend_today: spent,
    local_currency: account.abroad?.currency ?? '',
    local_exchange_rate: account.abroad?.rate ?? 0,
    local_spend: spent === 0 ? [] : [{ spend_today: spent, currency: account.currency }],
  };
}
