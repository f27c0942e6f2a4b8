// Where the repository is, which has what the package has not: vectors, data, sources, programs of the other languages.

import { pathToFileURL } from 'node:url'

const given = process.env.LOYALTY_REPOSITORY

/** Its folder: LOYALTY_REPOSITORY where these tests are copied beside an installed package. */
export const REPOSITORY = given ? pathToFileURL(`${given}/`) : new URL('../../', import.meta.url)
