/** What the dashboard uses of `hass`, the object that Home Assistant hands to every element. Only what is used is named. */

export interface Hass {
  readonly states: Readonly<Record<string, EntityState | undefined>>;
  /** Enabled entities only. An id the registry does not have is missing. */
  readonly entities: Readonly<Record<string, RegistryEntity | undefined>>;
  readonly devices: Readonly<Record<string, RegistryDevice | undefined>>;
  /** Actions that exist, by domain and name: `services['script']['monzo_pot_transfer']`. */
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  /** The person's language, such as `de` or `pt-BR`. */
  readonly language: string;
  readonly locale: HassLocale;
  readonly config: { readonly time_zone: string; readonly components: readonly string[] };
  readonly user?: { readonly id: string; readonly name: string; readonly is_admin: boolean };
  /** False while the page has lost Home Assistant. */
  readonly connected: boolean;
  /** Home Assistant's own words, such as `ui.common.close`. */
  readonly localize: (key: string) => string;
  /** The state as the person reads it, with unit and in their language: `£50.00`. */
  readonly formatEntityState: (state: EntityState, value?: string) => string;
  /** With `returnResponse` the answer of the action is in `response`. Rejects with Home Assistant's own error. */
  readonly callService: (...call: ServiceCall) => Promise<{ readonly response?: unknown }>;
  /** Rejects with `{code, message}`. */
  readonly callWS: <Answer>(
    message: { readonly type: string } & Readonly<Record<string, unknown>>,
  ) => Promise<Answer>;
}

export type ServiceCall = readonly [
  domain: string,
  service: string,
  data?: Readonly<Record<string, unknown>>,
  target?: Readonly<Record<string, unknown>>,
  notifyOnError?: boolean,
  returnResponse?: boolean,
];

export interface EntityState {
  readonly entity_id: string;
  /** `unknown` and `unavailable` stand for no value. */
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly last_changed: string;
}

export interface RegistryEntity {
  readonly entity_id: string;
  readonly device_id?: string | null;
  readonly hidden?: boolean;
}

export interface RegistryDevice {
  readonly id: string;
  readonly name: string | null;
  readonly name_by_user?: string | null;
  readonly identifiers: readonly (readonly [domain: string, id: string])[];
  readonly model_id?: string | null;
  readonly via_device_id?: string | null;
  readonly disabled_by?: string | null;
  /** Where the bridge's page shows it; `homeassistant://…` is a place in Home Assistant itself. */
  readonly configuration_url?: string | null;
}

/** How the person wants numbers and times to be written: their profile in Home Assistant. */
export interface HassLocale {
  readonly language: string;
  readonly number_format: string;
  readonly time_format: string;
  readonly date_format: string;
  /** `local` is the browser's zone, `server` the one of `config.time_zone`. */
  readonly time_zone: string;
}

/** Whether the entity has a value now. */
export function hasValue(state: EntityState | undefined): state is EntityState {
  return state !== undefined && state.state !== 'unknown' && state.state !== 'unavailable';
}

/** Tells Home Assistant something, as its own elements do: `config-changed` with the new settings, `hass-more-info` with an entity. */
export function tell(element: EventTarget, type: 'config-changed' | 'hass-more-info', detail: object): void {
  element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
}
