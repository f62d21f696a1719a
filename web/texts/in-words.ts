/** A word of the bank's or the bridge's that the page does not know, such as not_moved, as a person writes it. */
export function inWords(word: string): string {
  const words = word.replaceAll('_', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
