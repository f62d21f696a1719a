/** What the page needs of a browser's `caches`. */
export interface Caches {
  open(name: string): Promise<CacheByAddress>;
  has(name: string): Promise<boolean>;
  /** In the order in which they were made. */
  keys(): Promise<readonly string[]>;
  delete(name: string): Promise<boolean>;
}

export interface CacheByAddress {
  match(address: string): Promise<Response | undefined>;
  put(address: string, answer: Response): Promise<void>;
  /** In the order in which they were put. */
  keys(): Promise<readonly Request[]>;
  delete(request: Request): Promise<boolean>;
}
