/** The package's version, which the build writes in. */
declare const BRIDGE_VERSION: string;
