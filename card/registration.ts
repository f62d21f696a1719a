import type { Hass } from './hass.ts';

/** What Home Assistant's editors offer beside its own: each list lies on the window, whichever file comes first makes it. */

export interface CardEntry {
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly preview?: boolean;
  readonly documentationURL?: string;
  /** Null unless the card suits the entity. */
  readonly getEntitySuggestion?: (hass: Hass, entityId: string) => object | null;
}

export interface FeatureEntry {
  readonly type: string;
  readonly name: string;
  readonly isSupported: (hass: Hass, context: { readonly entity_id?: string }) => boolean;
  readonly configurable?: boolean;
}

export interface StrategyEntry {
  readonly type: string;
  readonly strategyType: 'dashboard';
  readonly name: string;
  readonly description: string;
  readonly documentationURL?: string;
}

declare global {
  interface Window {
    customCards?: CardEntry[];
    customCardFeatures?: FeatureEntry[];
    customStrategies?: StrategyEntry[];
  }
}

/** An element and where it is offered. Cards are `monzo-…`, and their entry's type is the same name. */
export interface Registration {
  readonly tag: string;
  readonly element: CustomElementConstructor;
  readonly card?: CardEntry;
  readonly feature?: FeatureEntry;
  readonly strategy?: StrategyEntry;
}

/** Registers what is not there yet: the file may be loaded twice, by HACS and by the bridge. Whether anything was new. */
export function register(registrations: readonly Registration[]): boolean {
  const fresh = registrations.filter(({ tag }) => !customElements.get(tag));
  for (const { tag, element, card, feature, strategy } of fresh) {
    customElements.define(tag, element);
    if (card) (window.customCards ??= []).push(card);
    if (feature) (window.customCardFeatures ??= []).push(feature);
    if (strategy) (window.customStrategies ??= []).push(strategy);
  }
  return fresh.length > 0;
}
