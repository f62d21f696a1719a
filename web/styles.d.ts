/** Vite takes these and brings them with the part of the page that imports them. */
declare module '*.css';
