import type { Texts } from '../texts.ts';

export interface StrategyTexts {
  readonly title: string;
  readonly history: string;
  /** Beside “Spent today”, on half a tile. */
  readonly month: string;
  readonly left: string;
  readonly openPage: string;
  readonly noAccounts: string;
  readonly noBridge: string;
  readonly noneChosen: string;
}

export const strategyTexts: Texts<StrategyTexts> = {
  en: {
    title: 'Money',
    history: 'Last 30 days',
    month: 'This month',
    left: 'Left to move',
    openPage: 'Open the bridge’s page',
    noAccounts: 'No Monzo login is connected yet. Open the bridge’s page and connect one.',
    noBridge:
      'Home Assistant has no devices of the Monzo bridge. Check that it is running, and that both use the same MQTT broker.',
    noneChosen:
      'None of the accounts chosen for this dashboard exists any more. Choose others in its settings.',
  },
  de: {
    title: 'Geld',
    history: 'Letzte 30 Tage',
    month: 'In diesem Monat',
    left: 'Noch bewegbar',
    openPage: 'Seite der Bridge öffnen',
    noAccounts: 'Noch ist kein Monzo-Zugang verbunden. Öffne die Seite der Bridge und verbinde einen.',
    noBridge:
      'Home Assistant kennt keine Geräte der Monzo-Bridge. Prüfe, ob sie läuft und ob beide denselben MQTT-Broker benutzen.',
    noneChosen: 'Keines der gewählten Konten gibt es noch. Wähle andere in den Einstellungen des Dashboards.',
  },
};
