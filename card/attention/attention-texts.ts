export const attentionTexts = {
  en: {
    heading: 'Needs attention',
    offline: 'The bridge is not running, so there are no figures. Start it, or read its log.',
    cutOff: 'Home Assistant has lost the MQTT broker. Check the MQTT integration.',
    paused: 'Money moves are paused. The bridge’s page says why, and can resume them (Activity).',
    undelivered: 'Events have waited for more than 15 minutes. The bridge’s page says why, under Activity.',
    lapses: (day?: string) =>
      `Monzo’s approval ends ${day ? `on about ${day}` : 'soon'}. Sign in again on the bridge’s page, under People.`,
    login: 'This login does not work. The bridge’s page says what to do, under People.',
    low: (balance?: string) => `The balance is low${balance ? `: ${balance}` : ''}.`,
    open: 'Open the bridge’s page',
  },
  de: {
    heading: 'Braucht Aufmerksamkeit',
    offline: 'Die Bridge läuft nicht, daher fehlen die Zahlen. Starte sie, oder lies ihr Log.',
    cutOff: 'Home Assistant hat den MQTT-Broker verloren. Prüfe die MQTT-Integration.',
    paused: 'Das Bewegen von Geld ist angehalten. Die Seite der Bridge sagt, warum, und setzt es fort.',
    undelivered: 'Ereignisse warten seit mehr als 15 Minuten. Die Seite der Bridge sagt, warum (Activity).',
    lapses: (day?: string) =>
      `Monzos Freigabe endet ${day ? `etwa am ${day}` : 'bald'}. Melde dich auf der Seite der Bridge neu an (People).`,
    login: 'Dieser Zugang geht nicht. Die Seite der Bridge sagt, was zu tun ist (People).',
    low: (balance?: string) => `Der Kontostand ist niedrig${balance ? `: ${balance}` : ''}.`,
    open: 'Seite der Bridge öffnen',
  },
};
