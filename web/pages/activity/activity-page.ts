import { LitElement } from 'lit';
import type { Health } from '../../api/contract.ts';
import { row } from '../../format.ts';
import type { Page } from '../../page.ts';
import { entries } from '../../parts/chapter.ts';
import type { State } from '../../parts/state.ts';
import type { PlaceBelow } from '../../route.ts';
import type { Knowledge } from '../../store.ts';
import { texts } from '../../texts/activity.ts';
import { nameOfPart } from './part-words.ts';

/** What the bridge does, each part with a sentence of how it is. */
export class ActivityPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { knowledge } = this.page;
    return entries('activity', {
      'activity/health': stateOf('activity/health', knowledge),
      'activity/moves':
        knowledge.paused === true
          ? { tone: 'warn', sentence: texts.states.paused }
          : stateOf('activity/moves', knowledge),
      'activity/events': stateOf('activity/events', knowledge),
      'activity/monzo': stateOf('activity/monzo', knowledge),
    });
  }
}

type Place = PlaceBelow<'activity'>;

/** The parts of the bridge that each place is about. */
const isAbout: Readonly<Record<Place, (part: string) => boolean>> = {
  'activity/health': () => true,
  'activity/moves': (part) => part === 'money',
  'activity/events': (part) => part.endsWith('_events'),
  'activity/monzo': (part) => part.startsWith('login') || part === 'accounts' || part === 'webhooks',
};
const tones: Readonly<Record<Health['state'], State['tone']>> = {
  ok: 'calm',
  degraded: 'calm',
  needs_user: 'warn',
  down: 'bad',
};
const rank: readonly State['tone'][] = ['bad', 'warn', 'calm'];

function stateOf(place: Place, { health, logins }: Knowledge): State | null {
  if (health === null) return null;
  const wrong = health.parts.filter(({ part, state }) => isAbout[place](part) && state !== 'ok');
  const tone = rank.find((one) => wrong.some(({ state }) => tones[state] === one));
  if (tone === undefined) return { tone: 'calm', sentence: texts.states.fine[place] };
  const worst = wrong.filter(({ state }) => tones[state] === tone);
  const names = row(worst.map(({ part }) => nameOfPart(part, logins)));
  return { tone, sentence: tone === 'calm' ? texts.states.limited(names) : texts.states.needing(names) };
}

customElements.define('mb-activity', ActivityPage);
