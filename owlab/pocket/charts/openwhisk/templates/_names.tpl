{{- /* Names, hosts and labels. "part" helpers take (list $ "controller"). */ -}}

{{- define "ow.app" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* Labels of everything in the release. */ -}}
{{- define "ow.labels" -}}
app: {{ include "ow.app" . }}
chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"
heritage: {{ .Release.Service | quote }}
release: {{ .Release.Name | quote }}
{{- end -}}

{{- /* metadata of a component: its name, and the label that Services and workloads select by. */ -}}
{{- define "ow.part" -}}
{{- $ := index . 0 -}}{{- $name := printf "%s-%s" $.Release.Name (index . 1) -}}
name: {{ $name }}
labels:
  name: {{ $name }}
  {{- include "ow.labels" $ | nindent 2 }}
{{- end -}}

{{- /* metadata of a component's pods. */ -}}
{{- define "ow.podmeta" -}}
{{- $ := index . 0 -}}
labels:
  name: {{ $.Release.Name }}-{{ index . 1 }}
  {{- include "ow.labels" $ | nindent 2 }}
{{- end -}}

{{- /* metadata of an object that nothing selects. */ -}}
{{- define "ow.meta" -}}
{{- $ := index . 0 -}}
name: {{ $.Release.Name }}-{{ index . 1 }}
labels:
  {{- include "ow.labels" $ | nindent 2 }}
{{- end -}}

{{- define "ow.selector" -}}
matchLabels:
  name: {{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end -}}

{{- /* The DNS name of a component's Service. */ -}}
{{- define "ow.host" -}}
{{- $ := index . 0 -}}
{{ $.Release.Name }}-{{ index . 1 }}.{{ $.Release.Namespace }}.svc.{{ $.Values.k8s.domain }}
{{- end -}}

{{- define "ow.db.host" -}}
{{- if .Values.db.external }}{{ .Values.db.host }}{{ else }}{{ include "ow.host" (list . "couchdb") }}{{ end -}}
{{- end -}}

{{- define "ow.redis.host" -}}
{{- if .Values.redis.external }}{{ .Values.redis.host }}{{ else }}{{ include "ow.host" (list . "redis") }}{{ end -}}
{{- end -}}

{{- /* host:port of every replica of a StatefulSet, joined by commas: (list $ "kafka" .Values.kafka) */ -}}
{{- define "ow.members" -}}
{{- $ := index . 0 -}}{{- $part := index . 1 -}}{{- $values := index . 2 -}}
{{- if $values.external -}}
{{ $values.connect_string }}
{{- else -}}
{{- $all := list -}}
{{- range $i := until (int $values.replicaCount) -}}
{{- $all = append $all (printf "%s-%s-%d.%s:%d" $.Release.Name $part $i (include "ow.host" (list $ $part)) (int $values.port)) -}}
{{- end -}}
{{ join "," $all }}
{{- end -}}
{{- end -}}

{{- /* An image with the private registry in front: (list $ .Values.nginx) */ -}}
{{- define "ow.image" -}}
{{- $ := index . 0 -}}{{- $values := index . 1 -}}
"{{ $.Values.docker.registry.name }}{{ $values.imageName }}:{{ $values.imageTag }}"
{{- end -}}

{{- /* Is the certificate made by the gen-certs job? */ -}}
{{- define "ow.tls" -}}
{{- if has .Values.whisk.ingress.type (list "NodePort" "LoadBalancer") -}}
{{- if .Values.nginx.certificate.external -}}external{{- else -}}generated{{- end -}}
{{- end -}}
{{- end -}}
