/** Put in by the build, from package.json. */
declare const HOLDFAST_VERSION: string;
