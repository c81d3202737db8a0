/** The schema language, for routes: functions import core, http and runtime only. */
export { z } from 'zod'
