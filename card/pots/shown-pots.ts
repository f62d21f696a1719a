import { hasValue, type Hass } from '../hass.ts';
import type { Household, Part } from '../household.ts';
import { stateAmount } from '../move/written-amount.ts';
import type { PotsSettings } from '../settings.ts';

/** The pots that the settings ask for, in that order; undefined stands for one that is not there. */
export function shownPots(
  { accounts }: Pick<Household, 'accounts'>,
  { account, pots }: Pick<PotsSettings, 'account' | 'pots'>,
): readonly (Part | undefined)[] {
  const all = accounts.flatMap(({ pots: own }) => own);
  if (pots?.length) return pots.map((id) => all.find((pot) => pot.id === id));
  return account ? (accounts.find(({ id }) => id === account)?.pots ?? []) : all;
}

/** How far a pot is from its goal, in whole percent; null where it has none, or either amount is not known. */
export function goalOf({ states }: Pick<Hass, 'states'>, { entities }: Part) {
  const goal = states[entities.goal ?? ''];
  if (!hasValue(goal)) return null;
  const currency = String(goal.attributes['unit_of_measurement']);
  const has = stateAmount(states[entities.balance ?? '']?.state, currency);
  const wants = stateAmount(goal.state, currency);
  // What is almost full is not shown as full.
  return has === null || !wants ? null : { goal, percent: Math.floor((Math.max(0, has) * 100) / wants) };
}
