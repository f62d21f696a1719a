import { hasValue, type Hass } from '../hass.ts';
import type { Account, EntityKey, Household, Part } from '../household.ts';
import { dayText } from '../dates.ts';
import type { AttentionSettings } from '../settings.ts';
import type { AttentionTexts } from './attention-texts.ts';

/** One thing that a person has to know or do. */
export interface Finding {
  readonly icon: string;
  readonly isError: boolean;
  /** Whose it is: the name of a device. */
  readonly about: string;
  readonly sentence: string;
  /** The device whose page of the bridge helps. */
  readonly device: string;
}

/** Events on their way are no trouble: Home Assistant shows one about 15 seconds after the bridge has seen it. */
const undeliveredAfterMs = 15 * 60_000;

/** All that needs attention, the worst first. `now` is in milliseconds since the epoch. */
export function findingsOf(
  { bridges, logins, accounts }: Household,
  settings: Pick<AttentionSettings, 'accounts' | 'hide_amounts'>,
  { hass, texts, now }: { readonly hass: Hass; readonly texts: AttentionTexts; readonly now: number },
): readonly Finding[] {
  const chosen = settings.accounts?.length ? settings.accounts : null;
  const found = [
    ...bridges.flatMap((bridge) => ofBridge(bridge, { hass, texts, now })),
    ...logins.flatMap((login) => ofLogin(login, { hass, texts })),
    ...accounts
      .filter(({ id }) => chosen === null || chosen.includes(id))
      .flatMap((account) => lowBalance(account, { hass, texts, hide: settings.hide_amounts ?? false })),
  ];
  return found.sort((one, other) => Number(other.isError) - Number(one.isError));
}

interface Sight {
  readonly hass: Hass;
  readonly texts: AttentionTexts;
}

const stateOf = (hass: Hass, { entities }: Part, key: EntityKey) => hass.states[entities[key] ?? ''];
const isOn = (hass: Hass, part: Part, key: EntityKey) => stateOf(hass, part, key)?.state === 'on';
const about = ({ id, name }: Part) => ({ about: name, device: id });

function ofBridge(bridge: Part, { hass, texts, now }: Sight & { readonly now: number }): readonly Finding[] {
  const trouble = { ...about(bridge), isError: true, icon: 'mdi:lan-disconnect' };
  const connectivity = stateOf(hass, bridge, 'connectivity')?.state;
  if (connectivity === 'off') return [{ ...trouble, sentence: texts.offline }];
  if (connectivity === 'unavailable') return [{ ...trouble, sentence: texts.cutOff }];
  const undelivered = stateOf(hass, bridge, 'undelivered');
  const isStuck =
    hasValue(undelivered) &&
    Number(undelivered.state) > 0 &&
    now - Date.parse(undelivered.last_changed) > undeliveredAfterMs;
  return [
    ...(isOn(hass, bridge, 'paused')
      ? [{ ...about(bridge), isError: false, icon: 'mdi:pause-circle-outline', sentence: texts.paused }]
      : []),
    ...(isStuck
      ? [{ ...about(bridge), isError: false, icon: 'mdi:tray-full', sentence: texts.undelivered }]
      : []),
  ];
}

function ofLogin(login: Part, { hass, texts }: Sight): readonly Finding[] {
  if (isOn(hass, login, 'problem')) {
    const needs = stateOf(hass, login, 'problem')?.attributes['needs'];
    const sentence = typeof needs === 'string' ? needs : texts.login;
    return [{ ...about(login), isError: true, icon: 'mdi:account-alert', sentence }];
  }
  if (!isOn(hass, login, 'approval_lapses')) return [];
  const lapses = stateOf(hass, login, 'approval_lapses')?.attributes['lapses_about'];
  const sentence = typeof lapses === 'string' ? texts.lapsesAbout(dayText(hass, lapses)) : texts.lapsesSoon;
  return [{ ...about(login), isError: false, icon: 'mdi:account-clock', sentence }];
}

function lowBalance(
  account: Account,
  { hass, texts, hide }: Sight & { readonly hide: boolean },
): readonly Finding[] {
  if (!isOn(hass, account, 'low_balance')) return [];
  const balance = stateOf(hass, account, 'balance');
  const sentence = hide || !hasValue(balance) ? texts.lowHidden : texts.low(hass.formatEntityState(balance));
  return [{ ...about(account), isError: false, icon: 'mdi:bank-minus', sentence }];
}
