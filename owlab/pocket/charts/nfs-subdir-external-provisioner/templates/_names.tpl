{{- define "nfs.app" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* The release's name, and the chart's unless it is in there already. */ -}}
{{- define "nfs.name" -}}
{{- $app := include "nfs.app" . -}}
{{- $name := contains $app .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $app) -}}
{{ .Values.fullnameOverride | default $name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "nfs.provisioner" -}}
{{ .Values.storageClass.provisionerName | default (printf "cluster.local/%s" (include "nfs.name" .)) }}
{{- end -}}

{{- define "nfs.account" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "nfs.name" .) "default") }}
{{- end -}}

{{- define "nfs.labels" -}}
app: {{ include "nfs.app" . }}
chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
heritage: {{ .Release.Service }}
release: {{ .Release.Name }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "nfs.server" -}}
{{ required "nfs.server is required: the address of the NFS server (--set nfs.server=ADDRESS)" .Values.nfs.server }}
{{- end -}}
