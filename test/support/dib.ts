import { execFileSync } from 'node:child_process'

/** dib's lib folder, on this machine: of the Python that disk-image-create runs on. */
export const dibLibrary = (): string => {
  const program = execFileSync('sh', ['-c', 'command -v disk-image-create'], { encoding: 'utf8' }).trim()
  const python = execFileSync('sed', ['-n', '1s/^#! *//p', program], { encoding: 'utf8' }).trim()
  const code = 'import diskimage_builder.paths as paths; print(paths.get_path("lib"))'
  return execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim()
}
