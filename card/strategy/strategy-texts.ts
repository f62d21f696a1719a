import type { Texts } from '../texts.ts';

export interface StrategyTexts {
  readonly title: string;
  readonly history: string;
  readonly openPage: string;
  readonly noAccounts: string;
  readonly noBridge: string;
  readonly noneChosen: string;
}

export const strategyTexts: Texts<StrategyTexts> = {
  en: {
    title: 'Money',
    history: 'Last 30 days',
    openPage: 'Open the bridge’s page',
    noAccounts: 'The bridge is here, and nobody is connected to it. Open its page and connect a Monzo login.',
    noBridge:
      'Home Assistant has no devices of the Monzo bridge. Check that it is running, and that both use the same MQTT broker.',
    noneChosen:
      'None of the accounts chosen for this dashboard exists any more. Choose others in its settings.',
  },
  de: {
    title: 'Geld',
    history: 'Letzte 30 Tage',
    openPage: 'Seite der Bridge öffnen',
    noAccounts:
      'Die Bridge ist da, aber noch niemand ist verbunden. Öffne ihre Seite und verbinde einen Monzo-Zugang.',
    noBridge:
      'Home Assistant kennt keine Geräte der Monzo-Bridge. Prüfe, ob sie läuft und ob beide denselben MQTT-Broker benutzen.',
    noneChosen: 'Keines der gewählten Konten gibt es noch. Wähle andere in den Einstellungen des Dashboards.',
  },
};
