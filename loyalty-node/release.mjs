// Makes what is published of the binaries in artifacts/, one for each target: a package for each platform in npm/, and this
// one with all of them as optional dependencies and no binary of its own. It publishes nothing.
//
//   npm run prepare-release, then npm publish in each folder of npm/, then here

import { NapiCli } from '@napi-rs/cli'
import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LICENCES = ['LICENSE-MIT', 'LICENSE-APACHE']
const napi = new NapiCli()

await napi.createNpmDirs({})
await napi.artifacts({})
await napi.prePublish({ skipOptionalPublish: true, ghRelease: false, tagStyle: 'npm' })

for (const platform of readdirSync('npm')) {
  const folder = join('npm', platform)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  manifest.files.push(...LICENCES)
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const name of LICENCES) copyFileSync(name, join(folder, name))
}

// The binaries were put here too, where all of them would be packed.
for (const name of readdirSync('.')) if (name.endsWith('.node')) rmSync(name)
