import { createFigures, type FigureTools } from '../commands/account-figures.ts';
import { createOptionalEntities, type OptionalEntities } from '../commands/optional-entities.ts';
import { formerIn, viewOf, type Former, type ShownView, type View } from '../domain/view.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { durations } from '../limits.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { OutputManager } from '../outputs/manager.ts';
import type { AppOptions, Closing, Opened } from './opened.ts';
import { createReleaseCheck, type ReleaseCheck } from './release-check.ts';

interface HouseholdParts
  extends Pick<Opened, 'store'>, Pick<FigureTools, 'rails' | 'moneyPause' | 'moneyClock'> {
  readonly options: AppOptions;
  readonly ingest: Ingest;
  readonly registry: LoginRegistry;
  readonly outputs: OutputManager;
}

/** What is shown of the household, with what a person has asked for beside it. */
export interface HouseholdView {
  readonly view: () => View;
  readonly shownView: () => ShownView;
  readonly former: () => readonly Former[];
  readonly optionalEntities: OptionalEntities;
  readonly releases: ReleaseCheck;
}

export function createHouseholdView(parts: HouseholdParts, closing: Closing): HouseholdView {
  const { options, store, ingest, registry, outputs } = parts;
  const { clock, config, log } = options;
  const { TIME_ZONE: timeZone, STALE_HOURS: hours } = config;
  const staleAfter = hours * durations.hour;
  const view = () => {
    const knowledge = ingest.knowledge();
    return viewOf({ knowledge, logins: registry.views(), now: clock.now(), staleAfter });
  };
  const isApp = config.supervisor !== null;
  const optionalEntities = createOptionalEntities({ store, clock, view, isApp });
  const releases = createReleaseCheck({
    ...options,
    log: log.for('releases'),
    settings: store.settings,
    url: options.registryUrl,
    isWanted: () => optionalEntities.document().update_check === true,
    onChange: () => outputs.renderSoon(),
  });
  closing.add('check for a new version', () => releases.close());
  optionalEntities.onChange(() => {
    outputs.renderSoon();
    releases.wake();
  });
  const withFigures = createFigures({ ...parts, clock, timeZone, optionalEntities });
  return {
    view,
    shownView: () => withFigures(view()),
    former: () => formerIn(store.names.kept(), view(), ingest.knowledge()),
    optionalEntities,
    releases,
  };
}
