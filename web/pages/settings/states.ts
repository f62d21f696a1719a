import type { Blueprint, Blueprints } from '../../api/blueprints.ts';
import type { Login } from '../../api/contract.ts';
import type { Actions, Dashboard, DeletedDevice, OptionalEntities } from '../../api/home-assistant.ts';
import type { Limits, Rails } from '../../api/moves.ts';
import type { PageSession } from '../../api/sessions.ts';
import { row, typed } from '../../format.ts';
import type { State } from '../../parts/state.ts';
import { toneOfLogin } from '../../parts/login-tone.ts';
import { blueprintTexts } from '../../texts/blueprints.ts';
import { noAccess } from '../../texts/home-assistant.ts';
import { texts as sessions } from '../../texts/sessions.ts';
import { texts } from '../../texts/settings.ts';
import { currenciesOf } from './limits.ts';

/** How the settings are set, each in a sentence. */

const calm = (sentence: string): State => ({ tone: 'calm', sentence });
const toLookAt: State = { tone: 'warn', sentence: texts.toLookAt };

export function ofLogins(logins: readonly Login[]): State {
  const needing = (tone: 'warn' | 'bad') => logins.filter((login) => toneOfLogin(login) === tone);
  const namesOf = (some: readonly Login[]) => row(some.map(({ name }) => name));
  const [lost, waiting] = [needing('bad'), needing('warn')];
  if (lost.length + waiting.length === 0) return calm(texts.connected(namesOf(logins)));
  return {
    tone: lost.length > 0 ? 'bad' : 'warn',
    sentence: texts.needing(namesOf([...lost, ...waiting])),
  };
}

export function ofLimits({ per_move: perMove, per_day: perDay, dry_run: isDryRun }: Rails): State {
  const [move, day] = [amounts(perMove), amounts(perDay)];
  if (move === '' || day === '') return calm(texts.nothingMoves);
  return calm(isDryRun ? texts.dryRun : texts.limits(move, day));
}

function amounts(limits: Limits): string {
  const amount = (currency: string) =>
    [typed(limits[currency] ?? ''), ...(currency === '*' ? [] : [currency])].join(' ');
  return row(currenciesOf(limits).map(amount));
}

/** Whether the actions are to be in Home Assistant. */
export function areWanted({ setting, decision }: Actions): boolean {
  return setting === 'on' || (setting === 'ask' && decision === 'agreed');
}

export function ofActions(all: Actions): State {
  const { connection, sentence, actions } = all;
  if (connection === 'none') return calm(noAccess.short);
  if (!areWanted(all)) return calm(texts.notCreated);
  if (sentence !== null || actions.some((one) => one.sentence !== null)) return toLookAt;
  return calm(texts.ready(actions.filter(({ state }) => state === 'current').length, actions.length));
}

export function ofDashboard({ connection, sentence, viewers }: Dashboard): State {
  if (connection === 'none') return calm(noAccess.short);
  if (sentence !== null) return toLookAt;
  return calm(viewers === null ? texts.notAdded : texts.inSidebar[viewers]);
}

/** Where that is not known, it may be missing. */
export function isMissing({ copies }: Blueprint): boolean {
  return copies === null || copies.length === 0;
}

export function ofBlueprints({ connection, blueprints }: Blueprints): State {
  const amount = blueprints.length;
  if (connection === 'none' || blueprints.every(({ copies }) => copies === null))
    return calm(blueprintTexts.all(amount));
  const installed = blueprints.filter((blueprint) => !isMissing(blueprint)).length;
  const noted = blueprints.filter(({ sentence }) => sentence !== null).length;
  const sentence = blueprintTexts.some(installed, amount);
  return noted === 0 ? calm(sentence) : { tone: 'warn', sentence: sentence + blueprintTexts.noted(noted) };
}

export function ofEntities([optional, deleted]: readonly [
  OptionalEntities,
  readonly DeletedDevice[],
]): State {
  const { low_balance: thresholds, feed_posts: posts, update_check: updates } = optional;
  const on = [
    ...(Object.keys(thresholds).length > 0 ? [texts.entities.lowBalance] : []),
    ...(posts ? [texts.entities.posts] : []),
    ...(updates === true ? [texts.entities.updates] : []),
  ];
  const sentence = on.length === 0 ? texts.noEntities : texts.withEntities(row(on));
  return calm(deleted.length === 0 ? sentence : `${sentence} ${texts.deleted(deleted.length)}`);
}

export function ofBrowsers(all: readonly PageSession[]): State {
  return calm(all.length === 0 ? sessions.none : texts.browsers(all.length));
}
