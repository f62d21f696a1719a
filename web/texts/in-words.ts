/** An unknown code of the bank or the bridge in words, such as not_moved as “Not moved”. */
export function inWords(word: string): string {
  const words = word.replaceAll('_', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
