import type { CopyState } from '../api/blueprints.ts';

const stateWords: Readonly<Record<CopyState, string>> = {
  current: 'Installed',
  imported: 'Imported',
  outdated: 'Update available',
  newer: 'From a newer bridge',
  edited: 'Changed',
  different: 'Another version',
  broken: 'Damaged',
};

/** Texts about the blueprints in Home Assistant. */
export const blueprintTexts = {
  all: (count: number) => `${count} blueprints`,
  some: (installed: number, count: number) => `${installed} of ${count} blueprints installed`,
  noted: (count: number) => `, ${count} to look at`,
  states: stateWords,
  missing: 'Not installed',
  waiting: {
    install: 'It is installed as soon as Home Assistant is there and lets the bridge do it.',
    remove: 'It is removed as soon as Home Assistant is there and lets the bridge do it.',
  },
  usedBy: 'Used by',
  installAll: 'Install all',
  install: 'Install',
  update: 'Update',
  adopt: 'Keep it current',
  replace: 'Replace with ours',
  sure: 'What is there now is lost, with any changes you made to it.',
  replaceNow: 'Replace it',
  remove: 'Remove',
  cancel: 'Do not install it',
  keep: 'Do not remove it',
  importIt: 'Import by link',
  of: (deed: string, title: string) => `${deed}: ${title}`,
} as const;
