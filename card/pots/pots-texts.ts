/** Texts of the card of pots. */
export const potsTexts = {
  en: {
    title: 'Pots',
    none: 'There are no pots here.',
    gone: 'This pot is gone, or its device is disabled.',
    goal: (share: string) => `${share} of the goal`,
    locked: 'locked',
  },
  de: {
    title: 'Töpfe',
    none: 'Hier gibt es keine Töpfe.',
    gone: 'Diesen Topf gibt es nicht mehr, oder sein Gerät ist deaktiviert.',
    goal: (share: string) => `${share} des Ziels`,
    locked: 'gesperrt',
  },
};
