import { html, nothing, type TemplateResult } from 'lit';
import { hashOf, route, type Route } from '../route.ts';
import { texts } from '../texts/move.ts';

interface Way {
  readonly label: string;
  readonly to: Route;
}

const limits: Way = { label: texts.toLimits, to: route('settings/limits') };
const moves: Way = { label: texts.toMoves, to: route('activity/moves') };

/** Where a person can change what a move was refused for, by the code of the refusal. */
const ways: ReadonlyMap<string, Way> = new Map([
  ['pot_not_allowed', limits],
  ['per_move_cap', limits],
  ['per_day_cap', limits],
  ['below_floor', limits],
  ['cooldown', limits],
  ['paused', moves],
  ['outcome_unknown', moves],
]);

/** A link to where the cause of a refusal is dealt with; nothing where there is no such place. */
export function wayOut(code: string | null): TemplateResult | typeof nothing {
  const way = ways.get(code ?? '');
  return way === undefined
    ? nothing
    : html`<a class="button quiet small" href=${hashOf(way.to)}>${way.label}</a>`;
}
