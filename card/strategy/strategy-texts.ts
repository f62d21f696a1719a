import type { Texts } from '../texts.ts';

export interface StrategyTexts {
  readonly title: string;
  readonly history: string;
  readonly historyDays: string;
  readonly activity: string;
  readonly openPage: string;
  readonly emptyTitle: string;
  readonly noAccounts: string;
  readonly noBridge: string;
  readonly noneChosen: string;
  readonly accounts: string;
  readonly accountsHelp: string;
  readonly hideAmounts: string;
  readonly hideAmountsHelp: string;
}

export const strategyTexts: Texts<StrategyTexts> = {
  en: {
    title: 'Money',
    history: 'History',
    historyDays: 'Last 30 days',
    activity: 'Recent transactions',
    openPage: 'Open the bridge’s page',
    emptyTitle: 'No accounts yet',
    noAccounts: 'The bridge is here, and nobody is connected to it. Open its page and connect a Monzo login.',
    noBridge:
      'Home Assistant has no devices of the Monzo bridge. Check that the bridge is running, and that it uses the same MQTT broker as Home Assistant.',
    noneChosen:
      'None of the accounts chosen for this dashboard exists any more. Choose others in its settings.',
    accounts: 'Accounts',
    accountsHelp: 'Leave empty to show all accounts, new ones too.',
    hideAmounts: 'Hide amounts until they are tapped',
    hideAmountsHelp: 'Balance history then has a tab of its own.',
  },
  de: {
    title: 'Geld',
    history: 'Verlauf',
    historyDays: 'Letzte 30 Tage',
    activity: 'Letzte Umsätze',
    openPage: 'Seite der Bridge öffnen',
    emptyTitle: 'Noch keine Konten',
    noAccounts:
      'Die Bridge ist da, aber noch niemand ist mit ihr verbunden. Öffne ihre Seite und verbinde einen Monzo-Zugang.',
    noBridge:
      'Home Assistant kennt keine Geräte der Monzo-Bridge. Prüfe, ob die Bridge läuft und denselben MQTT-Broker wie Home Assistant benutzt.',
    noneChosen:
      'Keines der für dieses Dashboard gewählten Konten gibt es noch. Wähle andere in den Einstellungen.',
    accounts: 'Konten',
    accountsHelp: 'Leer: alle Konten, auch neue.',
    hideAmounts: 'Beträge verbergen, bis sie angetippt werden',
    hideAmountsHelp: 'Der Verlauf hat dann einen eigenen Tab.',
  },
};
