import type { Call } from './client.ts';
import { listOf, oneOf, orNull, shape, text, type Guard } from './guards.ts';

/** The actions in Home Assistant, as the page sees and decides them. */

export const actionStates = [
  'unknown',
  'missing',
  'current',
  'outdated',
  'edited',
  'edited_outdated',
  'foreign',
  'other_bridge',
  'not_loaded',
] as const;
export type ActionState = (typeof actionStates)[number];

export interface Action {
  readonly name: string;
  readonly description: string;
  readonly state: ActionState;
  readonly sentence: string | null;
}

export interface Actions {
  /** `none`: the bridge has no address or no token of a Home Assistant. */
  readonly connection: 'none' | 'away' | 'ok';
  readonly setting: 'ask' | 'on' | 'off';
  readonly decision: 'not_asked' | 'agreed' | 'declined';
  /** What stands in the way, and what to do. */
  readonly sentence: string | null;
  readonly actions: readonly Action[];
  /** For those who would rather write them into scripts.yaml themselves. */
  readonly yaml: string;
}

export interface ActionsDecision {
  readonly decision: 'agree' | 'decline';
  /** Also put the bridge's over those of its own that were changed. */
  readonly replace?: boolean;
}

const isActions: Guard<Actions> = shape<Actions>({
  connection: oneOf(['none', 'away', 'ok']),
  setting: oneOf(['ask', 'on', 'off']),
  decision: oneOf(['not_asked', 'agreed', 'declined']),
  sentence: orNull(text),
  actions: listOf(
    shape<Action>({
      name: text,
      description: text,
      state: oneOf(actionStates),
      sentence: orNull(text),
    }),
  ),
  yaml: text,
});

const path = 'api/home-assistant/actions';

export function readActions(call: Call, signal: AbortSignal): Promise<Actions> {
  return call(path, { signal, answer: isActions });
}

export function decideActions(call: Call, body: ActionsDecision): Promise<Actions> {
  return call(path, { method: 'PUT', body, answer: isActions });
}
