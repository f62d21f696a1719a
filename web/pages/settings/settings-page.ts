import { LitElement } from 'lit';
import { readBlueprints } from '../../api/blueprints.ts';
import type { Call } from '../../api/client.ts';
import {
  readActions,
  readDashboard,
  readDeletedDevices,
  readOptionalEntities,
} from '../../api/home-assistant.ts';
import { rails } from '../../api/moves.ts';
import { readSessions } from '../../api/sessions.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { entries, stateFrom } from '../../parts/chapter.ts';
import {
  ofActions,
  ofBlueprints,
  ofBrowsers,
  ofDashboard,
  ofEntities,
  ofLimits,
  ofLogins,
} from './states.ts';

/** The settings, each with a sentence of how it is set. */
export class SettingsPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;
  readonly #limits = this.#asked(rails);
  readonly #actions = this.#asked(readActions);
  readonly #dashboard = this.#asked(readDashboard);
  readonly #blueprints = this.#asked(readBlueprints);
  readonly #entities = this.#asked((call, signal) =>
    Promise.all([readOptionalEntities(call, signal), readDeletedDevices(call, signal)]),
  );
  readonly #browsers = this.#asked(readSessions);

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return entries('settings', {
      'settings/people': ofLogins(this.page.knowledge.logins ?? []),
      'settings/limits': stateFrom(this.#limits, 'settings/limits', ofLimits),
      'settings/actions': stateFrom(this.#actions, 'settings/actions', ofActions),
      'settings/dashboard': stateFrom(this.#dashboard, 'settings/dashboard', ofDashboard),
      'settings/blueprints': stateFrom(this.#blueprints, 'settings/blueprints', ofBlueprints),
      'settings/entities': stateFrom(this.#entities, 'settings/entities', ofEntities),
      'settings/browsers': stateFrom(this.#browsers, 'settings/browsers', ofBrowsers),
    });
  }

  /** Each is asked for by itself, so that none waits for a slower one. */
  #asked<T>(read: (call: Call, signal: AbortSignal) => Promise<T>) {
    return answerFor(this, { args: () => [], ask: (_args, signal) => read(this.page.call, signal) });
  }
}

customElements.define('mb-settings', SettingsPage);
