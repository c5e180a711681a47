// @ts-check
import { offerLanguages, speak, wished } from './texts.js';

// The page acts by its form alone, so this only puts it into the reader's language.
offerLanguages(() => {});
speak(wished());
