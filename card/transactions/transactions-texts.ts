/** Texts of the card of transactions. */
export const transactionsTexts = {
  en: {
    name: 'Monzo: recent transactions',
    description: 'Transactions, the newest first, with a search.',
    title: 'Recent transactions',
    /** Where a kind's own name says it: `card_payment` is “Card payment”. */
    kinds: { pot_deposit: 'Into a pot', pot_withdrawal: 'Out of a pot' },
    kind: 'Kind',
    account: 'Account',
    pending: 'Pending',
    reversed: 'Reversed',
    count: (count: string) => `Shown: ${count}`,
    most: 'No more are shown here: search for them.',
    none: 'Nothing was found.',
    missing:
      'Home Assistant has no action script.monzo_transactions. An administrator can create it on the bridge’s page, under Settings.',
    reading_not_allowed:
      'Only administrators may read transactions. An administrator can let everyone do so on the bridge’s page, under Settings.',
    unanswered: 'There was no answer.',
  },
  de: {
    name: 'Monzo: letzte Umsätze',
    description: 'Umsätze, die neuesten zuerst, mit einer Suche.',
    title: 'Letzte Umsätze',
    kinds: {
      card_payment: 'Kartenzahlung',
      declined: 'Abgelehnt',
      refund: 'Erstattung',
      incoming_payment: 'Zahlungseingang',
      outgoing_payment: 'Zahlungsausgang',
      direct_debit: 'Lastschrift',
      cash_withdrawal: 'Bargeld',
      pot_deposit: 'In einen Topf',
      pot_withdrawal: 'Aus einem Topf',
      interest: 'Zinsen',
      fee: 'Gebühr',
      card_check: 'Kartenprüfung',
      other: 'Sonstiges',
    },
    kind: 'Art',
    account: 'Konto',
    pending: 'Vorgemerkt',
    reversed: 'Zurückgebucht',
    count: (count: string) => `Gezeigt: ${count}`,
    most: 'Mehr werden hier nicht gezeigt: danach lässt sich suchen.',
    none: 'Nichts gefunden.',
    missing:
      'In Home Assistant fehlt die Aktion script.monzo_transactions. Ein Administrator kann sie auf der Seite der Bridge unter „Settings“ anlegen.',
    reading_not_allowed:
      'Nur Administratoren dürfen Umsätze lesen. Ein Administrator kann es auf der Seite der Bridge unter „Settings“ allen erlauben.',
    unanswered: 'Es kam keine Antwort.',
  },
};
