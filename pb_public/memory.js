// @ts-check
// What this browser keeps: the visit being booked for as long as the tab lives, the owner's details only for those who ticked the box.
// A browser may forbid storage (private windows, frames on other sites). The page then forgets, and works.

/** @param {string} name @param {any} value undefined forgets @param {'localStorage' | 'sessionStorage'} [where] */
export function keep(name, value, where = 'localStorage') {
  try {
    if (value === undefined) window[where].removeItem(`booking.${name}`);
    else window[where].setItem(`booking.${name}`, JSON.stringify(value));
  } catch {
    return;
  }
}

/** @param {string} name @param {'localStorage' | 'sessionStorage'} [where] */
export function kept(name, where = 'localStorage') {
  try {
    return JSON.parse(window[where].getItem(`booking.${name}`) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} name */
export const keptInTab = (name) => kept(name, 'sessionStorage');
/** @param {string} name @param {any} value */
export const keepInTab = (name, value) => keep(name, value, 'sessionStorage');
