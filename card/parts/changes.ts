import type { Changed } from '../card-element.ts';
import type { Hass } from '../hass.ts';

const shown = ['devices', 'entities', 'services', 'connected', 'locale', 'user'] as const;

/**
 * Whether anything has changed that an element shows: Home Assistant hands out a new `hass` with every change of any state
 * in the house.
 */
export function isNews(changed: Changed, hass: Hass | undefined, entities: readonly string[]): boolean {
  const before = changed.get('hass') as Hass | undefined;
  if (changed.size !== 1 || !before || !hass) return true;
  return (
    shown.some((key) => before[key] !== hass[key]) ||
    entities.some((id) => before.states[id] !== hass.states[id])
  );
}
