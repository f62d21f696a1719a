import type { Texts } from '../texts.ts';

export interface AttentionTexts {
  readonly heading: string;
  readonly offline: string;
  readonly cutOff: string;
  readonly paused: string;
  readonly undelivered: string;
  readonly lapsesAbout: (day: string) => string;
  readonly lapsesSoon: string;
  readonly login: string;
  readonly low: (balance: string) => string;
  readonly lowHidden: string;
  readonly open: string;
}

export const attentionTexts: Texts<AttentionTexts> = {
  en: {
    heading: 'Needs attention',
    offline:
      'The bridge is not running. The figures are those it sent last. Start it, or read its log to see why it stopped.',
    cutOff: 'Home Assistant is not connected to the MQTT broker. Check the MQTT integration in its settings.',
    paused: 'Money moves are paused. The bridge’s page says why, and lets you resume them.',
    undelivered:
      'Events have been waiting for more than 15 minutes. The bridge’s page says why, under Activity.',
    lapsesAbout: (day) =>
      `Monzo’s approval ends on about ${day}. Sign in again on the bridge’s page, under People.`,
    lapsesSoon: 'Monzo’s approval ends soon. Sign in again on the bridge’s page, under People.',
    login: 'This login does not work. The bridge’s page says what to do, under People.',
    low: (balance) => `The balance is low: ${balance}.`,
    lowHidden: 'The balance is low.',
    open: 'Open the bridge’s page',
  },
  de: {
    heading: 'Braucht Aufmerksamkeit',
    offline:
      'Die Bridge läuft nicht. Die Zahlen sind die zuletzt gesendeten. Starte sie, oder lies in ihrem Log, warum sie beendet wurde.',
    cutOff:
      'Home Assistant ist nicht mit dem MQTT-Broker verbunden. Prüfe die MQTT-Integration in den Einstellungen.',
    paused: 'Überweisungen sind angehalten. Die Seite der Bridge sagt, warum, und lässt sie wieder zu.',
    undelivered:
      'Ereignisse warten seit mehr als 15 Minuten. Die Seite der Bridge sagt unter „Activity“, warum.',
    lapsesAbout: (day) =>
      `Die Freigabe durch Monzo endet etwa am ${day}. Melde dich auf der Seite der Bridge unter „People“ neu an.`,
    lapsesSoon:
      'Die Freigabe durch Monzo endet bald. Melde dich auf der Seite der Bridge unter „People“ neu an.',
    login: 'Dieser Zugang funktioniert nicht. Die Seite der Bridge sagt unter „People“, was zu tun ist.',
    low: (balance) => `Der Kontostand ist niedrig: ${balance}.`,
    lowHidden: 'Der Kontostand ist niedrig.',
    open: 'Seite der Bridge öffnen',
  },
};
