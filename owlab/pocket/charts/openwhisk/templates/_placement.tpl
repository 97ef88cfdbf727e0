{{- /* The start of every pod's spec: (list $ "Never"), or with a place (list $ "Always" "core" "couchdb"). */ -}}
{{- define "ow.pod" -}}
{{- $ := index . 0 -}}
restartPolicy: {{ index . 1 }}
{{- if $.Values.docker.registry.name }}
imagePullSecrets:
  - name: {{ $.Release.Name }}-private-registry.auth
{{- end }}
{{- if gt (len .) 2 }}
{{- include "ow.placement" (list $ (index . 2) (index . 3)) }}
{{- end }}
{{- end -}}

{{- /* Where it goes: (list $ "core" "couchdb") gives affinity and tolerations of a component. */ -}}
{{- define "ow.placement" -}}
{{- $ := index . 0 -}}{{- $role := index . 1 -}}{{- $part := index . 2 -}}
{{- if $.Values.affinity.enabled }}
affinity:
  nodeAffinity:
  {{- if eq $role "invoker" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - {key: openwhisk-role, operator: In, values: [{{ $.Values.affinity.invokerNodeLabel }}]}
  {{- else }}
    # Preferred only, so that a cluster of one node works.
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions:
            - {key: openwhisk-role, operator: NotIn, values: [{{ $.Values.affinity.invokerNodeLabel }}]}
      - weight: 80
        preference:
          matchExpressions:
            - {key: openwhisk-role, operator: In, values: [{{ index $.Values.affinity (printf "%sNodeLabel" $role) }}]}
  {{- end }}
  {{- if ne $role "provider" }}
  # Never two replicas on one node.
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchExpressions:
            - {key: name, operator: In, values: [{{ $.Release.Name }}-{{ $part }}]}
  {{- end }}
{{- end }}
{{- if and $.Values.toleration.enabled (ne $role "provider") }}
tolerations:
  - key: openwhisk-role
    operator: Equal
    value: {{ index $.Values.toleration (printf "%sValue" $role) }}
    effect: NoSchedule
{{- end }}
{{- end -}}

{{- define "ow.probe" -}}
initialDelaySeconds: {{ .initialDelaySeconds }}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: {{ .timeoutSeconds }}
{{- end -}}
