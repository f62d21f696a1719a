import { dayText } from '../dates.ts';
import { hasValue, type Hass } from '../hass.ts';
import type { EntityKey, Household, Part } from '../household.ts';
import type { AttentionSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { attentionTexts } from './attention-texts.ts';

/** One thing that a person has to know or do. */
export interface Finding {
  /** Whose it is. */
  readonly part: Part;
  readonly icon: string;
  readonly isError: boolean;
  readonly sentence: string;
  /** The bridge's page is of no use here: it is gone with the bridge. */
  readonly isGone?: true;
}

/** Events on their way are no trouble: Home Assistant shows one about 15 seconds after the bridge has seen it. */
const undeliveredAfterMs = 15 * 60_000;

/** All that needs attention, the worst first. */
export function findingsOf(
  { bridges, logins, accounts }: Household,
  { accounts: chosen, hide_amounts: hide = false }: Omit<AttentionSettings, 'type'>,
  hass: Hass,
): readonly Finding[] {
  const shown = accounts.filter(({ id }) => !chosen?.length || chosen.includes(id));
  return [
    ...bridges.flatMap((bridge) => ofBridge(bridge, hass)),
    ...logins.flatMap((login) => ofLogin(login, hass)),
    ...shown.flatMap((account) => lowBalance(account, hass, hide)),
  ].sort((one, other) => Number(other.isError) - Number(one.isError));
}

const stateOf = (hass: Hass, { entities }: Part, key: EntityKey) => hass.states[entities[key] ?? ''];
const isOn = (hass: Hass, part: Part, key: EntityKey) => stateOf(hass, part, key)?.state === 'on';

/** An attribute that is a text; undefined where it is anything else. */
function textOf(hass: Hass, part: Part, [key, name]: readonly [EntityKey, string]): string | undefined {
  const text = stateOf(hass, part, key)?.attributes[name];
  return typeof text === 'string' ? text : undefined;
}

function ofBridge(part: Part, hass: Hass): readonly Finding[] {
  const texts = textsIn(hass, attentionTexts);
  const connectivity = stateOf(hass, part, 'connectivity')?.state;
  if (connectivity === 'off' || connectivity === 'unavailable') {
    const sentence = connectivity === 'off' ? texts.offline : texts.cutOff;
    return [{ part, icon: 'mdi:lan-disconnect', isError: true, isGone: true, sentence }];
  }
  const waiting = stateOf(hass, part, 'undelivered');
  const waits =
    hasValue(waiting) && Number(waiting.state) > 0 && Date.now() - Date.parse(waiting.last_changed);
  return [
    ...(isOn(hass, part, 'paused')
      ? [{ part, icon: 'mdi:pause-circle-outline', isError: false, sentence: texts.paused }]
      : []),
    ...(waits && waits > undeliveredAfterMs
      ? [{ part, icon: 'mdi:tray-full', isError: false, sentence: texts.undelivered }]
      : []),
  ];
}

function ofLogin(part: Part, hass: Hass): readonly Finding[] {
  const texts = textsIn(hass, attentionTexts);
  if (isOn(hass, part, 'problem')) {
    const sentence = textOf(hass, part, ['problem', 'needs']) ?? texts.login;
    return [{ part, icon: 'mdi:account-alert', isError: true, sentence }];
  }
  if (!isOn(hass, part, 'approval_lapses')) return [];
  const instant = textOf(hass, part, ['approval_lapses', 'lapses_about']);
  const sentence = texts.lapses(instant && dayText(hass, instant));
  return [{ part, icon: 'mdi:account-clock', isError: false, sentence }];
}

function lowBalance(part: Part, hass: Hass, isHidden: boolean): readonly Finding[] {
  if (!isOn(hass, part, 'low_balance')) return [];
  const balance = stateOf(hass, part, 'balance');
  const shown = isHidden || !hasValue(balance) ? undefined : hass.formatEntityState(balance);
  const sentence = textsIn(hass, attentionTexts).low(shown);
  return [{ part, icon: 'mdi:bank-minus', isError: false, sentence }];
}
